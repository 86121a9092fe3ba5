// Lists whose links live in their elements.
#include "base/intrusive_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <list>
#include <random>
#include <vector>

namespace sluice {
namespace {

struct ByName;
struct ByAge;

struct Person : ListNode<ByName>, ListNode<ByAge> {
  explicit Person(int person_id) : id(person_id) {}
  int id;
};

using Names = IntrusiveList<Person, ByName>;
using Ages = IntrusiveList<Person, ByAge>;

bool in_names(const Person& person) {
  return static_cast<const ListNode<ByName>&>(person).linked();
}

void leave_names(Person& person) { static_cast<ListNode<ByName>&>(person).unlink(); }

std::vector<int> ids(Names& list) {
  std::vector<int> found;
  list.for_each([&](Person& person) { found.push_back(person.id); });
  return found;
}

void empty_out(Names& list) {
  while (!list.empty()) list.pop_front();
}

TEST(IntrusiveListTest, KeepsTheOrderOfBothEnds) {
  Person a(1);
  Person b(2);
  Person c(3);
  Names list;
  EXPECT_TRUE(list.empty());
  list.push_back(b);
  list.push_back(c);
  list.push_front(a);
  EXPECT_FALSE(list.empty());
  EXPECT_EQ(ids(list), (std::vector{1, 2, 3}));
  EXPECT_EQ(list.front().id, 1);
  EXPECT_EQ(list.back().id, 3);
  EXPECT_EQ(&list.pop_front(), &a);
  EXPECT_FALSE(in_names(a));
  EXPECT_TRUE(in_names(b));
  empty_out(list);
  EXPECT_TRUE(list.empty());
}

TEST(IntrusiveListTest, AnElementLeavesFromAnywhere) {
  Person a(1);
  Person b(2);
  Person c(3);
  Names list;
  for (Person* person : {&a, &b, &c}) list.push_back(*person);
  leave_names(b);
  EXPECT_EQ(ids(list), (std::vector{1, 3}));
  leave_names(c);
  EXPECT_EQ(list.back().id, 1);
  leave_names(a);
  EXPECT_TRUE(list.empty());
  list.push_back(b);
  EXPECT_EQ(ids(list), (std::vector{2}));
  leave_names(b);
}

TEST(IntrusiveListTest, AnElementIsInSeveralLists) {
  Person a(1);
  Person b(2);
  Names names;
  Ages ages;
  names.push_back(a);
  names.push_back(b);
  ages.push_back(b);
  ages.push_back(a);
  leave_names(a);
  EXPECT_EQ(ids(names), (std::vector{2}));
  EXPECT_EQ(ages.pop_front().id, 2);
  EXPECT_EQ(ages.pop_front().id, 1);
  empty_out(names);
}

TEST(IntrusiveListTest, TakeAllAppends) {
  std::list<Person> people;
  Names first;
  Names second;
  for (int id = 0; id < 6; ++id) {
    (id < 3 ? first : second).push_back(people.emplace_back(id));
  }
  first.take_all(second);
  EXPECT_TRUE(second.empty());
  EXPECT_EQ(ids(first), (std::vector{0, 1, 2, 3, 4, 5}));
  first.take_all(second);  // nothing
  EXPECT_EQ(ids(first).size(), 6u);
  second.take_all(first);
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(ids(second), (std::vector{0, 1, 2, 3, 4, 5}));
  empty_out(second);
}

TEST(IntrusiveListTest, ForEachMayUnlinkWhatItVisits) {
  std::list<Person> people;
  Names list;
  for (int id = 0; id < 10; ++id) list.push_back(people.emplace_back(id));
  list.for_each([](Person& person) {
    if (person.id % 3 == 0) leave_names(person);
  });
  EXPECT_EQ(ids(list), (std::vector{1, 2, 4, 5, 7, 8}));
  list.for_each(leave_names);
  EXPECT_TRUE(list.empty());
}

// Random operations on two lists, against std::deque.
TEST(IntrusiveListTest, DoesWhatADequeDoes) {
  constexpr uint64_t kSeed = 11;
  std::mt19937_64 random(kSeed);
  std::list<Person> people;
  for (int id = 0; id < 20; ++id) people.emplace_back(id);
  std::vector<Person*> by_id;
  for (Person& person : people) by_id.push_back(&person);
  Names lists[2];
  std::deque<int> models[2];

  for (int step = 0; step < 20'000; ++step) {
    const size_t which = random() % 2;
    Person& person = *by_id[random() % by_id.size()];
    switch (random() % 5) {
      case 0:
      case 1: {
        if (in_names(person)) break;
        const bool front = random() % 2 == 0;
        front ? lists[which].push_front(person) : lists[which].push_back(person);
        front ? models[which].push_front(person.id) : models[which].push_back(person.id);
        break;
      }
      case 2: {
        if (!in_names(person)) break;
        leave_names(person);
        for (auto& model : models) std::erase(model, person.id);
        break;
      }
      case 3: {
        if (lists[which].empty()) break;
        ASSERT_EQ(lists[which].pop_front().id, models[which].front()) << "step " << step;
        models[which].pop_front();
        break;
      }
      default: {
        if (random() % 10 != 0) break;
        lists[which].take_all(lists[1 - which]);
        std::ranges::copy(models[1 - which], std::back_inserter(models[which]));
        models[1 - which].clear();
      }
    }
    for (size_t i = 0; i < 2; ++i) {
      ASSERT_EQ(ids(lists[i]), std::vector<int>(models[i].begin(), models[i].end()))
          << "seed " << kSeed << " step " << step;
    }
  }
  for (Names& list : lists) empty_out(list);
}

#ifndef NDEBUG
TEST(IntrusiveListDeathTest, AnElementMustLeaveBeforeItEnds) {
  EXPECT_DEATH(
      {
        Names list;
        {
          Person person(1);
          list.push_back(person);
        }
      },
      "assertion failed");
}

TEST(IntrusiveListDeathTest, AnElementIsInAListOnce) {
  EXPECT_DEATH(
      {
        Names list;
        Person person(1);
        list.push_back(person);
        list.push_back(person);
      },
      "assertion failed");
}
#endif

}  // namespace
}  // namespace sluice
