// Doubly linked list whose links live in its elements: no allocation, O(1) removal.
#pragma once

#include "base/assert.h"

namespace sluice {

// Base of an element. `Tag` lets one object be in several lists at once.
// Linked exactly when next_ is not null.
template <class Tag = void>
class ListNode {
 public:
  ListNode() noexcept = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { SLUICE_ASSERT(!linked()); }

  bool linked() const noexcept { return next_ != nullptr; }

  void unlink() noexcept {
    SLUICE_ASSERT(linked());
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
  }

 private:
  template <class T, class U>
  friend class IntrusiveList;

  ListNode* next_ = nullptr;
  ListNode* previous_ = nullptr;
};

// Holds elements, owns none. An element must leave its list before it is destroyed.
template <class T, class Tag = void>
class IntrusiveList {
 public:
  using Node = ListNode<Tag>;

  IntrusiveList() noexcept { head_.next_ = head_.previous_ = &head_; }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() {
    SLUICE_ASSERT(empty());
    head_.next_ = head_.previous_ = nullptr;
  }

  bool empty() const noexcept { return head_.next_ == &head_; }

  void push_back(T& element) noexcept { insert_before(head_, element); }
  void push_front(T& element) noexcept { insert_before(*head_.next_, element); }

  // REQUIRES: not empty.
  T& front() noexcept { return *element_of(head_.next_); }
  T& back() noexcept { return *element_of(head_.previous_); }

  T& pop_front() noexcept {
    T& element = front();
    static_cast<Node&>(element).unlink();
    return element;
  }

  // Moves every element of `other` to the end of this list.
  void take_all(IntrusiveList& other) noexcept {
    if (other.empty()) return;
    Node* first = other.head_.next_;
    Node* last = other.head_.previous_;
    other.head_.next_ = other.head_.previous_ = &other.head_;
    first->previous_ = head_.previous_;
    head_.previous_->next_ = first;
    last->next_ = &head_;
    head_.previous_ = last;
  }

  // `visit` may unlink the element it is given, and no other.
  template <class Visitor>
  void for_each(Visitor visit) {
    for (Node* node = head_.next_; node != &head_;) {
      Node* next = node->next_;
      visit(*element_of(node));
      node = next;
    }
  }

 private:
  static T* element_of(Node* node) noexcept { return static_cast<T*>(node); }

  void insert_before(Node& position, T& element) noexcept {
    Node& node = element;
    SLUICE_ASSERT(!node.linked());
    node.next_ = &position;
    node.previous_ = position.previous_;
    position.previous_->next_ = &node;
    position.previous_ = &node;
  }

  Node head_;
};

}  // namespace sluice
